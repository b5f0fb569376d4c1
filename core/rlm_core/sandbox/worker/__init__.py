"""Worker processes and the zygote that forks them: the other end of the host's channels."""
