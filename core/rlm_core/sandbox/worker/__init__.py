"""What runs inside the sandbox: the zygote, and the workers that are forked from it."""
