"""The language server: what `rnnlint check` says, while the code is being written.

    lsp ─► desk ─► places ──Job──► pool ══pipe══► analysis (a child process, which may be killed) ══pipe══► Answer ─► desk

Only `lsp`, `desk` and `places` know pygls and lsprotocol, which are an extra.
"""
