"""imports and importers by names that project files give: each is resolved, and found again."""

from __future__ import annotations

import json
import posixpath
from typing import TYPE_CHECKING

import pytest

from tests.support.snapshots import snapshot_of

if TYPE_CHECKING:
    from tests.support.contexts import ContextOf

TSCONFIG = {
    "tsconfig.json": (
        '{ // comments, "quotes" and last commas are allowed\n'
        '  "extends": ["./base", "@acme/config/strict.json"], /* "paths": 1 */\n'
        '  "compilerOptions": {"strict": true,},\n}'
    ),
    "base.json": '{"compilerOptions": {"paths": {"unused": ["x.ts"]}}}',
    "tools/config/package.json": '{"name": "@acme/config"}',
    "tools/config/strict.json": (
        '{"compilerOptions": {"baseUrl": "../..", "paths": {"#app": ["app/entry.ts"], "@lib/*": ["lib/*"],'
        ' "@lib/deep/*": ["deep/*.ts"], "@parts/*": ["parts/*/src/public"], "@ui": ["gone", "ui"]}}}'
    ),
    "app/entry.ts": (
        "import '@lib/auth';\nimport '@lib/deep/x';\nimport '@parts/gear';\nimport '@ui';\n"
        "import 'ui/index.js';\nimport 'react';\n"
    ),
    "app/main.ts": "import '#app';\nimport 'lib/auth?raw';\n",
    "lib/auth.ts": "",
    "lib/deep/x.ts": "",
    "deep/x.ts": "",
    "parts/gear/src/public.ts": "",
    "ui/index.tsx": "",
    # A configuration below another hides it, and knows names of its own.
    "site/jsconfig.json": '{"compilerOptions": {"baseUrl": "code", "paths": {"~/*": ["./*"]}}}',
    "site/code/cart.js": "import '~/tax';\nimport 'tax';\nimport '@lib/auth';\n",
    "site/code/tax.js": "",
    # Templates have the names in a file that tsconfig.json refers to.
    "spa/tsconfig.json": '{"files": [], "references": [{"path": "./tsconfig.app.json"}]}',
    "spa/tsconfig.app.json": '{"compilerOptions": {"paths": {"$stores/*": ["${configDir}/src/state/*"]}}}',
    "spa/src/main.vue": "<script>\nimport '$stores/cart'\n</script>\n",
    "spa/src/state/cart.ts": "",
    "edge/deno.jsonc": '{"imports": {"kv": "./store/kv.ts", "@/": "./store/"}}',
    "edge/main.ts": "import 'kv';\nimport '@/log.ts';\n",
    "edge/store/kv.ts": "",
    "edge/store/log.ts": "",
}
EXPORTS = {
    "package.json": '{"workspaces": ["packages/*"], "name": "root"}',
    "packages/ui/package.json": json.dumps(
        {
            "name": "@acme/ui",
            "imports": {"#theme": {"types": "./types/theme.d.ts", "default": "./src/theme.ts"}, "#no": None},
            "exports": {
                ".": {"import": {"types": "./dist/public.d.ts", "default": "./dist/esm/public.js"}},
                "./Tile": "./src/TileImpl.tsx",
                "./icons/*": ["./src/icons/*.js"],
                "./icons/old/*": None,
                "./styles/": "./css/",
            },
        }
    ),
    "packages/ui/types/theme.d.ts": "",
    "packages/ui/src/theme.ts": "",
    "packages/ui/src/public.ts": "export * from '#theme';\nexport * from '@acme/ui/Tile';\nimport '#no';\n",
    "packages/ui/src/TileImpl.tsx": "",
    "packages/ui/src/icons/star.tsx": "",
    "packages/ui/css/base.css": "",
    "packages/main/package.json": '{"name": "entry-main", "main": "./out/start"}',
    "packages/main/src/start.ts": "",
    "packages/folder/package.json": '{"name": "@acme/plain"}',
    "packages/folder/lib/index.js": "",
    "packages/folder/lib/part.js": "",
    "apps/web/package.json": json.dumps(
        {
            "name": "web",
            "dependencies": {
                "look": "workspace:@acme/ui@*",
                "begin": "link:../../packages/main",
                "react": "1",
            },
        }
    ),
    "apps/web/main.tsx": (
        "import '@acme/ui';\nimport '@acme/ui/Tile';\nimport '@acme/ui/icons/star';\n"
        "import '@acme/ui/styles/base.css';\nimport 'entry-main';\nimport '@acme/plain';\n"
        "import '@acme/plain/part';\nimport 'look';\nimport 'begin';\nimport 'react';\n"
    ),
}
PHP = {
    "composer.json": json.dumps(
        {
            "autoload": {
                "psr-4": {"App\\": "src/", "App\\Billing\\": ["billing/a", "billing/b"]},
                "psr-0": {"Old\\": "legacy"},
                "classmap": ["misc/"],
            }
        }
    ),
    "src/Kernel.php": "<?php\nnamespace App;\nuse App\\Entity\\User;\nclass Kernel {}\n",
    "src/Entity/User.php": "<?php\nnamespace App\\Entity;\n",
    "billing/b/Bill.php": "<?php\nnamespace App\\Billing;\n",
    "legacy/Old/Thing.php": "<?php\nnamespace Old;\n",
    "misc/helpers/Mapped.php": "<?php declare(strict_types=1);\nnamespace Anything\\At\\All;\n",
    "src/Http/Request.php": "<?php\nnamespace App\\Http;\n",
    "web/index.php": (
        "<?php\nuse App\\Kernel;\nuse App\\Billing\\Bill;\nuse Old\\Thing;\nuse Anything\\At\\All\\Mapped;\n"
        "use Vendor\\Http\\Request;\nuse function App\\Kernel\\boot;\n"
    ),
}
RUST = {
    "Cargo.toml": (
        '[workspace]\nmembers = ["crates/*"]\n[workspace.dependencies]\n'
        'engine = { path = "crates/core", package = "acme-core" }\n'
    ),
    "crates/core/Cargo.toml": (
        '[package]\nname = "acme-core"\n[lib]\nname = "kernel"\npath = "code/root.rs"\n'
    ),
    "crates/core/code/root.rs": (
        '#[cfg(unix)]\n#[path = "unix/sys_impl.rs"]\npub(crate) mod sys;\nmod shapes { mod round; }\n'
        "pub mod table;\n"
    ),
    "crates/core/code/unix/sys_impl.rs": "",
    "crates/core/code/shapes/round.rs": "use crate::table::T;\n",
    "crates/core/code/table.rs": (
        "use crate::sys::go;\nmod tests {\n    use super::T;\n    use super::super::sys;\n}\n"
    ),
    "crates/cli/Cargo.toml": (
        '[package]\nname = "cli"\n[dependencies]\nengine.workspace = true\n'
        '[target."cfg(unix)".dependencies]\nlog-er = { path = "../logger" }\n'
        '[[bin]]\nname = "x"\npath = "x/go.rs"\n'
    ),
    "crates/cli/x/go.rs": "mod part;\nuse engine::table::T;\nuse log_er::Log;\nuse crate::part::P;\n",
    "crates/cli/x/part.rs": "",
    "crates/cli/tests/it.rs": "mod common;\nuse kernel::table;\n",
    "crates/cli/tests/common/mod.rs": "",
    "crates/logger/Cargo.toml": '[package]\nname = "really-other"\n',
    "crates/logger/src/lib.rs": "",
}
GO = {
    "go.work": "go 1.22\nuse (\n\t./a\n\t./b\n)\nreplace example.org/c v1.2.0 => ./forks/c // ours\n",
    "a/go.mod": (
        'module "example.org/a"\nreplace (\n\texample.org/d => ../forks/d\n\tx.org/y => x.org/z v1\n)\n'
    ),
    "a/main.go": (
        'package main\nimport (\n\t"example.org/b/v2/cart"\n\t"example.org/c/in"\n'
        '\t"example.org/d"\n\t"gh.org/v"\n)\n'
    ),
    "b/go.mod": "// our second\nmodule example.org/b/v2 // here\n",
    "b/cart/cart.go": 'package cart\nimport "example.org/d"\n',
    "forks/c/in/in.go": "package in\n",
    "forks/d/go.mod": "module example.org/fork\n",
    "forks/d/d.go": "package d\n",
    "a/vendor/gh.org/v/v.go": "package v\n",
}
RUBY = {
    "lib/shop.rb": "module Shop\n  autoload :Tax, 'shop/tax'\n  autoload(:Rate, \"shop/rate\")\nend\n",
    "lib/shop/tax.rb": "",
    "lib/shop/rate.rb": "",
}
OBJECTIVE_C = {
    "App/Cart.m": '#import "Cart.h"\n#include <Shop/Tax.h>\n',
    "App/Cart.h": "",
    "include/Shop/Tax.h": "",
    "boot/start.S": "#include <Shop/Tax.h>\n",
}
# Each line: the file, the line of the import in it, and what that means.
EXPECTED = [
    (TSCONFIG, "app/entry.ts", ["lib/auth.ts", "deep/x.ts", "parts/gear/src/public.ts", "ui/index.tsx"]),
    (TSCONFIG, "app/main.ts", ["app/entry.ts", "lib/auth.ts"]),
    (TSCONFIG, "site/code/cart.js", ["site/code/tax.js", "site/code/tax.js", ""]),
    (TSCONFIG, "spa/src/main.vue", ["spa/src/state/cart.ts"]),
    (TSCONFIG, "edge/main.ts", ["edge/store/kv.ts", "edge/store/log.ts"]),
    (EXPORTS, "packages/ui/src/public.ts", ["packages/ui/src/theme.ts", "packages/ui/src/TileImpl.tsx", ""]),
    (
        EXPORTS,
        "apps/web/main.tsx",
        [
            "packages/ui/src/public.ts",
            "packages/ui/src/TileImpl.tsx",
            "packages/ui/src/icons/star.tsx",
            "packages/ui/css/base.css",
            "packages/main/src/start.ts",
            "packages/folder/lib/index.js",
            "packages/folder/lib/part.js",
            "packages/ui/src/public.ts",
            "packages/main/src/start.ts",
            "",
        ],
    ),
    (PHP, "src/Kernel.php", ["src/Entity/User.php"]),
    (
        PHP,
        "web/index.php",
        ["src/Kernel.php", "billing/b/Bill.php", "legacy/Old/Thing.php", "misc/helpers/Mapped.php", "", ""],
    ),
    (
        RUST,
        "crates/core/code/root.rs",
        [
            "crates/core/code/unix/sys_impl.rs",
            "crates/core/code/shapes/round.rs",
            "crates/core/code/table.rs",
        ],
    ),
    (RUST, "crates/core/code/shapes/round.rs", ["crates/core/code/table.rs"]),
    (
        RUST,
        "crates/core/code/table.rs",
        [
            "crates/core/code/unix/sys_impl.rs",
            "crates/core/code/table.rs",
            "crates/core/code/unix/sys_impl.rs",
        ],
    ),
    (
        RUST,
        "crates/cli/x/go.rs",
        [
            "crates/cli/x/part.rs",
            "crates/core/code/table.rs",
            "crates/logger/src/lib.rs",
            "crates/cli/x/part.rs",
        ],
    ),
    (RUST, "crates/cli/tests/it.rs", ["crates/cli/tests/common/mod.rs", "crates/core/code/table.rs"]),
    (GO, "a/main.go", ["b/cart/", "forks/c/in/", "forks/d/", "a/vendor/gh.org/v/"]),
    (GO, "b/cart/cart.go", [""]),  # what another module replaces means nothing here
    (RUBY, "lib/shop.rb", ["lib/shop/tax.rb", "lib/shop/rate.rb"]),
    (OBJECTIVE_C, "App/Cart.m", ["App/Cart.h", "include/Shop/Tax.h"]),
    (OBJECTIVE_C, "boot/start.S", ["include/Shop/Tax.h"]),
]


@pytest.mark.parametrize(("files", "path", "expected"), EXPECTED, ids=[path for _, path, _ in EXPECTED])
def test_names_that_project_files_give_are_resolved(
    context_of: ContextOf, files: dict[str, str], path: str, expected: list[str]
) -> None:
    found = context_of(snapshot_of(files)).imports(path)
    assert [item.target for item in found][: len(expected)] == expected


@pytest.mark.parametrize(("files", "path", "expected"), EXPECTED, ids=[path for _, path, _ in EXPECTED])
def test_what_is_resolved_is_found_from_the_other_end(
    context_of: ContextOf, files: dict[str, str], path: str, expected: list[str]
) -> None:
    context = context_of(snapshot_of(files))
    for target in {target for target in expected if target != path} - {""}:
        file = next(name for name in reversed(files) if f"{name}/".startswith(target))
        found = context.importers(file)
        assert path in {item.path for item in found}, (file, found.note)


@pytest.mark.parametrize(
    ("path", "broken"),
    [
        ("tsconfig.json", "{" * 100_000),
        ("tsconfig.json", '{"compilerOptions": {"paths": {"@x/*": [1, null, {}], "@y": 5}, "baseUrl": []}}'),
        ("tsconfig.json", '{"extends": ["./tsconfig.json", "./tsconfig", "@acme/app"]}'),
        ("tsconfig.json", '"' + '\\"' * 200_000),
        ("tsconfig.json", "/*" * 200_000 + "//" * 100_000),
        ("tsconfig.json", "{" + "," * 200_000 + " " * 200_000),
        ("tsconfig.json", '{"compilerOptions": {"paths": {"*": ["' + "dist/" * 100_000 + '*"]}}}'),
        (
            "package.json",
            '{"name": "app", "main": "./", "exports": ' + '{"import":' * 900 + "1" + "}" * 900 + "}",
        ),
        ("package.json", '{"name": "app", "exports": [' + '"./x",' * 100_000 + '"./x"], "imports": 3}'),
        ("package.json", json.dumps({"imports": {f"#{n}*": f"#{n + 1}*" for n in range(4_000)}})),
        ("package.json", json.dumps({"dependencies": {f"d{n}": "link:." for n in range(4_000)}})),
    ],
)
def test_broken_and_hostile_project_files_say_nothing(context_of: ContextOf, path: str, broken: str) -> None:
    files = {
        path: broken,
        "a.ts": "import './b';\nimport '#1x';\nimport 'app';\nimport '@x/b';\n",
        "b.ts": "",
    }
    context = context_of(snapshot_of(files))
    assert context.imports("a.ts")[0].target == "b.ts"
    assert [item.line for item in context.importers("b.ts")] == [1]


@pytest.mark.parametrize(
    ("path", "broken", "importing", "imported"),
    [
        ("Cargo.toml", "a." * 90_000 + "a = 1", "src/lib.rs", "src/b.rs"),
        ("Cargo.toml", "a = " + "[" * 90_000, "src/lib.rs", "src/b.rs"),
        ("Cargo.toml", 'package = "x"\nlib = 3\nbin = {}\ndependencies = [1]\n', "src/lib.rs", "src/b.rs"),
        ("Cargo.toml", "[[bin]]\npath = 3\n" * 5_000, "src/lib.rs", "src/b.rs"),
        ("go.mod", "replace " * 50_000 + "=>" * 50_000 + "module " * 50_000, "c/a.go", "b/b.go"),
        ("composer.json", '{"autoload": {"psr-4": {"": [7], "A\\\\": {}}, "psr-0": []}}', "a.php", "b.php"),
    ],
)
def test_other_broken_project_files_say_nothing(
    context_of: ContextOf, path: str, broken: str, importing: str, imported: str
) -> None:
    texts = {".rs": "mod b;\n", ".go": 'import "x.org/m/b"\n', ".php": "<?php require 'b.php';\n"}
    files = {path: broken, "m/go.mod": "module x.org/m\n", importing: texts[posixpath.splitext(importing)[1]]}
    place = f"m/{imported}" if imported.endswith(".go") else imported
    context = context_of(snapshot_of({**files, place: ""}))
    assert [item.path for item in context.importers(place)] == [importing]


def test_project_files_that_are_not_read_are_told(context_of: ContextOf) -> None:
    context = context_of(snapshot_of({"tsconfig.json": "{", "a.ts": "import '@b';\n", "b.ts": ""}))
    note = "Names that project files give are not known from tsconfig.json (broken)."
    assert context.imports("a.ts").note == note
    assert context.importers("b.ts").note == (
        "No import is known to lead to b.ts; it is not known where these lead: a.ts:1 (@b). " + note
    )


def test_nothing_found_is_said_with_what_is_not_known(context_of: ContextOf) -> None:
    files = {
        "a.ts": "import './theme.json';\nimport 'd.css';\n",
        "theme.json": "{}",
        "d.css": "",
        "src/org/Cart.java": "",
        "src/org/Shop.kt": "import org.Cart\n",
        "b.kt": "",
    }
    context = context_of(snapshot_of(files))
    assert [item.path for item in context.importers("theme.json")] == ["a.ts"]
    assert context.importers("theme.json").note == "Imports of JSON are not known; grep works."
    assert context.importers("src/org/Cart.java").note == (
        "No import is known to lead to src/org/Cart.java. "
        "1 file in Kotlin may import it too: imports of Kotlin are not known."
    )
    assert context.importers("a.ts").note == "No import is known to lead to a.ts."
    assert context.importers("b.kt").note == "Imports of Kotlin are not known; grep works."
    assert context.imports("src/org/Cart.java").note == "src/org/Cart.java imports nothing."
