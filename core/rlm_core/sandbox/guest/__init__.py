"""Guest: what runs inside the WebAssembly component, in a CPython without threads or sockets."""
