"""The language server: what `rnnlint check` says, while the code is being written.

    lsp ─► documents ──Job──► pool ══pipe══► analysis (in a child, which may be killed) ══pipe══► Answer ─► documents

Only `lsp`, `documents` and `places` know pygls and lsprotocol, which are an extra.
"""
