"""The host side of the sandbox: what runs in the server process."""
