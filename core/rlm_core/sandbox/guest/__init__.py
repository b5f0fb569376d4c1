"""What runs in the WebAssembly guest, where there is no native package, and programs are hostile."""
