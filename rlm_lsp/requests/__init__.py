"""Requests and notifications of the protocol: a module for each request, named as LSP 3.17 names it.

`rlm_lsp.server.HANDLERS` says which message has which handler. That of a request is a coroutine, and what it
raises becomes an error response. That of a notification is a plain function, so that messages count in
the order in which they arrive.

Of a language's features there are only those that syntax alone can tell. Where a use is defined and what else
uses it is for the language's own server, whose exact answers ours would only dilute.
"""
