"""The language server: what `rnnlint check` says, while the code is being written.

    lsp ─► desk ──Job──► pool ══pipe══► analysis (in a child process, which may be killed) ══pipe══► Answer ─► desk

Only `lsp`, `desk` and `places` know pygls and lsprotocol, which are an extra.
"""
