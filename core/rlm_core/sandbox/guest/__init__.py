"""What runs inside the WebAssembly component, in a CPython without threads, sockets and native modules."""
