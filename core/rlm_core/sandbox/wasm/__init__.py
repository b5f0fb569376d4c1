"""The WebAssembly sandbox: what runs natively beside the guest."""
