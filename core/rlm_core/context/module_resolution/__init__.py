"""Module resolution: which file an import means, as its words, project files and the layout of folders tell.

No build is run. What package managers and compilers are told in a file of the workspace (`tsconfig.json`,
`package.json`, `composer.json`, `Cargo.toml`, `go.mod`) is read there; where none says anything, what is the
usual layout is taken. A module for each language, or for each way of naming modules.
"""
