"""Modules that are packed into the WebAssembly component: all that the guest's entry point imports.

A list, and not what imports lead to, since what a component is built from must be known at the start of
every worker, in a moment. `tests/sandbox/test_guest_modules.py` compares it with what imports lead to.
"""

from __future__ import annotations

ENTRY = "rlm_core.sandbox.guest.entry"

# What a program sees of `context` is made from `Context`, so all that this imports is here; none of it works
# in a guest (`guest.stub_modules`).
MODULES = """
rlm_core
rlm_core.context
rlm_core.context.candidates
rlm_core.context.changes
rlm_core.context.code_slices
rlm_core.context.commits
rlm_core.context.constant_lookup
rlm_core.context.constants
rlm_core.context.context
rlm_core.context.coverage
rlm_core.context.cuts
rlm_core.context.definitions
rlm_core.context.excerpts
rlm_core.context.facts
rlm_core.context.find
rlm_core.context.globs
rlm_core.context.go_methods
rlm_core.context.grep
rlm_core.context.hierarchy
rlm_core.context.implementers
rlm_core.context.imports
rlm_core.context.linearization
rlm_core.context.lru
rlm_core.context.module_resolution
rlm_core.context.module_resolution.go
rlm_core.context.module_resolution.layout
rlm_core.context.module_resolution.others
rlm_core.context.module_resolution.package_json
rlm_core.context.module_resolution.php
rlm_core.context.module_resolution.project_files
rlm_core.context.module_resolution.python
rlm_core.context.module_resolution.resolver
rlm_core.context.module_resolution.rust
rlm_core.context.module_resolution.scripts
rlm_core.context.module_resolution.shell
rlm_core.context.module_resolution.tsconfig
rlm_core.context.overview
rlm_core.context.parallel
rlm_core.context.paths
rlm_core.context.ranking
rlm_core.context.references
rlm_core.context.results
rlm_core.context.search
rlm_core.context.search.engine
rlm_core.context.search.expressions
rlm_core.context.search.literals
rlm_core.context.search.patterns
rlm_core.context.search.prefilter
rlm_core.context.search.unicode_classes
rlm_core.context.search.words
rlm_core.context.slicing
rlm_core.context.stemming
rlm_core.context.suggest
rlm_core.context.syntax_query
rlm_core.context.type_headers
rlm_core.context.type_index
rlm_core.context.type_lookup
rlm_core.context.type_resolution
rlm_core.context.type_resolution.go
rlm_core.context.type_resolution.names
rlm_core.context.type_resolution.namespaces
rlm_core.context.type_resolution.python
rlm_core.context.type_resolution.resolver
rlm_core.context.type_resolution.scripts
rlm_core.context.user_query
rlm_core.errors
rlm_core.sandbox
rlm_core.sandbox.guest
rlm_core.sandbox.guest.channel
rlm_core.sandbox.guest.context_rpc
rlm_core.sandbox.guest.entry
rlm_core.sandbox.guest.loop
rlm_core.sandbox.guest.remote_context
rlm_core.sandbox.guest.schedule
rlm_core.sandbox.guest.stdlib_patches
rlm_core.sandbox.guest.stub_modules
rlm_core.sandbox.guest.threads
rlm_core.sandbox.repl
rlm_core.sandbox.repl.cell
rlm_core.sandbox.repl.checkpoint
rlm_core.sandbox.repl.checkpoint_store
rlm_core.sandbox.repl.function_proxies
rlm_core.sandbox.repl.importable
rlm_core.sandbox.repl.names
rlm_core.sandbox.repl.namespace
rlm_core.sandbox.repl.output
rlm_core.sandbox.repl.repl
rlm_core.sandbox.repl.replies
rlm_core.sandbox.wire
rlm_core.syntax
rlm_core.syntax.blanks
rlm_core.syntax.c_macros
rlm_core.syntax.callees
rlm_core.syntax.calls_and_imports
rlm_core.syntax.chunks
rlm_core.syntax.code_only
rlm_core.syntax.component_scripts
rlm_core.syntax.constant_arithmetic
rlm_core.syntax.constant_expressions
rlm_core.syntax.constant_sites
rlm_core.syntax.conditional_compilation
rlm_core.syntax.declarators
rlm_core.syntax.definition_hints
rlm_core.syntax.drafts
rlm_core.syntax.language
rlm_core.syntax.parsing
rlm_core.syntax.patterns
rlm_core.syntax.preprocess
rlm_core.syntax.query_matches
rlm_core.syntax.registry
rlm_core.syntax.roles
rlm_core.syntax.signatures
rlm_core.syntax.symbol_extraction
rlm_core.syntax.symbols
rlm_core.syntax.type_facts
rlm_core.syntax.type_facts_reader
rlm_core.syntax.type_names
rlm_core.well_formed
rlm_core.wording
rlm_core.workspace
rlm_core.workspace.line_endings
rlm_core.workspace.posix_classes
rlm_core.workspace.snapshot
""".split()  # noqa: SIM905 - so that one name has one line
