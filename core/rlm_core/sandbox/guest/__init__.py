"""What runs inside the WebAssembly component, and makes its one thread do for programs that expect many."""
