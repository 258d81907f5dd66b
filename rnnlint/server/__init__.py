"""The language server: what `rnnlint check` says, while the code is being written.

    lsp ──Job──► pool ══pipe══► analysis (a child process that may be killed) ══pipe══► Answer ──places──► LSP types

Only `lsp` and `places` know pygls and lsprotocol, which are an extra.
"""
