"""imports and importers: small workspaces in the usual layout of each language."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rlm_core.errors import QueryError
from tests.support.snapshots import snapshot_of

if TYPE_CHECKING:
    from tests.support.contexts import ContextOf

PYTHON = {
    "setup.py": "import tool\n",
    "src/shop/__init__.py": "",
    "src/shop/cart.py": (
        "import os, json as j\nimport shop.money\nfrom . import money, missing\nfrom .tax.rates import RATE\n"
        "from .. import beyond\nfrom shop import cart\n"
    ),
    "src/shop/json.py": "",
    "src/shop/money.py": "from shop.tax import *\n",
    "src/shop/tax/__init__.py": "from . import rates\n",
    "src/shop/tax/rates.py": "RATE = 1\n",
    "tests/test_cart.py": "from shop.cart import Cart\nimport helper\n",
    "tests/helper.py": "",
}
SCRIPT = {
    "packages/ui/package.json": '{"name": "@acme/ui"}',
    "packages/ui/src/index.ts": "export * from './button.js';\n",
    "packages/ui/src/button.tsx": "import React from 'react';\nimport theme from '../theme.json';\n",
    "packages/ui/theme.json": "{}",
    "packages/app/package.json": "not JSON",
    "packages/app/src/main.ts": (
        "import { Button } from '@acme/ui';\nimport { x } from '@/util';\nconst later = import('./pages');\n"
        "const old = require('./gone');\n"
    ),
    "packages/app/src/util.ts": "",
    "packages/app/src/pages/index.js": "",
}
GO = {
    "go.mod": "module example.org/shop\n",
    "main.go": (
        'package main\nimport (\n\t"fmt"\n\t"example.org/shop/cart"\n\tm "example.org/other/cart"\n)\n'
    ),
    "cart/cart.go": 'package cart\nimport "example.org/shop"\n',
    "cart/line.go": "package cart\n",
}
RUST = {
    "core/Cargo.toml": '[package]\nname = "shop-core"\n',
    "core/src/lib.rs": "pub mod cart;\nmod inline { }\nuse cart::{Cart, line::Line};\n",
    "core/src/cart.rs": "pub mod line;\nuse crate::cart::line::Line as L;\nuse std::fmt;\nuse super::*;\n",
    "core/src/cart/line.rs": "use super::Cart;\nuse self::x;\n",
    "cli/Cargo.toml": '[package]\nname = "cli"\n',
    "cli/src/main.rs": "use shop_core::cart::Cart;\nuse shop_core::Top;\n",
}
JAVA = {
    "app/src/main/java/org/shop/Cart.java": (
        "import java.util.*;\nimport org.shop.tax.*;\nimport static org.shop.Money.ZERO;\n"
    ),
    "app/src/main/java/org/shop/Money.java": "",
    "app/src/main/java/org/shop/tax/Rate.java": "",
    "old/src/main/java/org/shop/Money.java": "",
}
C = {
    "include/shop/cart.h": "#pragma once\n",
    "tools/include/shop/cart.h": "",
    "tools/show.c": "#include <shop/cart.h>\n",
    "tools/compat/stdio.h": "",
    "src/cart.c": '#include <stdio.h>\n#include <shop/cart.h>\n# include "cart_private.h"\n/* cart.h */\n',
    "src/cart_private.h": "",
    "src/window.cpp": '#include "cart_private.h"\n#include "shop/cart.h"\n',
}
OTHERS = {
    "lib/shop.rb": "require 'shop/cart'\nrequire_relative 'shop/tax'\nrequire 'json'\n",
    "lib/shop/cart.rb": "",
    "lib/shop/tax.rb": "",
    "php/index.php": (
        "<?php\nuse Acme\\Shop\\Cart;\nuse Acme\\{Tax, Shop\\Line as L};\nrequire __DIR__ . '/boot.php';\n"
    ),
    "php/boot.php": "",
    "php/src/Shop/Cart.php": "",
    "php/src/Shop/Line.php": "",
    "bin/run.sh": '. ./env.sh\nsource "$(dirname "$0")/lib/log.sh"\n. "$HOME/x.sh"\n',
    "bin/env.sh": "",
    "bin/lib/log.sh": "",
}

COMPONENTS = {
    "src/use-jars.ts": "export function useJars() {}\n",
    "src/Pantry.vue": (
        "<script setup>\nimport { useJars } from './use-jars'\nimport Jar from './Jar.svelte'\n</script>\n"
    ),
    "src/Jar.svelte": "<p/>\n<script>\n  import { useJars } from './use-jars';\n  useJars();\n</script>\n",
    "src/page.astro": "---\nimport Pantry from './Pantry.vue'\n---\n<Pantry/>\n",
}


def imported(context_of: ContextOf, files: dict[str, str], path: str) -> list[tuple[str, str]]:
    return [(item.module, item.target) for item in context_of(snapshot_of(files)).imports(path)]


@pytest.mark.parametrize(
    ("files", "path", "expected"),
    [
        (
            PYTHON,
            "src/shop/cart.py",
            [
                ("os", ""),
                ("json", ""),
                ("shop.money", "src/shop/money.py"),
                (".money", "src/shop/money.py"),
                (".", "src/shop/__init__.py"),
                (".tax.rates", "src/shop/tax/rates.py"),
                ("..", ""),
                ("shop.cart", "src/shop/cart.py"),
            ],
        ),
        (PYTHON, "tests/test_cart.py", [("shop.cart", "src/shop/cart.py"), ("helper", "tests/helper.py")]),
        (PYTHON, "src/shop/money.py", [("shop.tax", "src/shop/tax/__init__.py")]),
        (
            SCRIPT,
            "packages/app/src/main.ts",
            [
                ("@acme/ui", "packages/ui/src/index.ts"),
                ("@/util", "packages/app/src/util.ts"),
                ("./pages", "packages/app/src/pages/index.js"),
                ("./gone", ""),
            ],
        ),
        (SCRIPT, "packages/ui/src/index.ts", [("./button.js", "packages/ui/src/button.tsx")]),
        (SCRIPT, "packages/ui/src/button.tsx", [("react", ""), ("../theme.json", "packages/ui/theme.json")]),
        (GO, "main.go", [("fmt", ""), ("example.org/shop/cart", "cart/"), ("example.org/other/cart", "")]),
        (GO, "cart/cart.go", [("example.org/shop", "./")]),
        (
            RUST,
            "core/src/lib.rs",
            [
                ("self::cart", "core/src/cart.rs"),
                ("cart::Cart", "core/src/cart.rs"),
                ("cart::line::Line", "core/src/cart/line.rs"),
            ],
        ),
        (
            RUST,
            "core/src/cart.rs",
            [
                ("self::line", "core/src/cart/line.rs"),
                ("crate::cart::line::Line", "core/src/cart/line.rs"),
                ("std::fmt", ""),
                ("super", "core/src/lib.rs"),
            ],
        ),
        (RUST, "core/src/cart/line.rs", [("super::Cart", "core/src/cart.rs"), ("self::x", "")]),
        (
            RUST,
            "cli/src/main.rs",
            [("shop_core::cart::Cart", "core/src/cart.rs"), ("shop_core::Top", "core/src/lib.rs")],
        ),
        (
            JAVA,
            "app/src/main/java/org/shop/Cart.java",
            [
                ("java.util.*", ""),
                ("org.shop.tax.*", "app/src/main/java/org/shop/tax/"),
                ("org.shop.Money.ZERO", "app/src/main/java/org/shop/Money.java"),
            ],
        ),
        (
            C,
            "src/cart.c",
            [
                ("<stdio.h>", ""),
                ("<shop/cart.h>", "include/shop/cart.h"),
                ('"cart_private.h"', "src/cart_private.h"),
            ],
        ),
        (C, "tools/show.c", [("<shop/cart.h>", "tools/include/shop/cart.h")]),
        (
            OTHERS,
            "lib/shop.rb",
            [("shop/cart", "lib/shop/cart.rb"), ("shop/tax", "lib/shop/tax.rb"), ("json", "")],
        ),
        (
            OTHERS,
            "php/index.php",
            [
                ("Acme\\Shop\\Cart", "php/src/Shop/Cart.php"),
                ("Acme\\Tax", ""),
                ("Acme\\Shop\\Line", "php/src/Shop/Line.php"),
                ("__DIR__ . '/boot.php'", "php/boot.php"),
            ],
        ),
        (
            OTHERS,
            "bin/run.sh",
            [
                ("./env.sh", "bin/env.sh"),
                ('$(dirname "$0")/lib/log.sh', "bin/lib/log.sh"),
                ("$HOME/x.sh", ""),
            ],
        ),
    ],
)
def test_imports_mean_files_of_the_workspace(
    context_of: ContextOf, files: dict[str, str], path: str, expected: list[tuple[str, str]]
) -> None:
    assert imported(context_of, files, path) == expected


@pytest.mark.parametrize(
    ("files", "path", "expected"),
    [
        (PYTHON, "src/shop/money.py", ["src/shop/cart.py:2", "src/shop/cart.py:3"]),
        (PYTHON, "src/shop/__init__.py", ["src/shop/cart.py:3"]),
        (PYTHON, "src/shop/tax/rates.py", ["src/shop/cart.py:4", "src/shop/tax/__init__.py:1"]),
        (SCRIPT, "packages/ui/src/index.ts", ["packages/app/src/main.ts:1"]),
        (SCRIPT, "packages/ui/src/button.tsx", ["packages/ui/src/index.ts:1"]),
        (COMPONENTS, "src/use-jars.ts", ["src/Jar.svelte:3", "src/Pantry.vue:2"]),
        (COMPONENTS, "src/Jar.svelte", ["src/Pantry.vue:3"]),
        (COMPONENTS, "src/Pantry.vue", ["src/page.astro:2"]),
        (GO, "cart/line.go", ["main.go:4"]),
        (GO, "main.go", ["cart/cart.go:2"]),
        (
            RUST,
            "core/src/cart.rs",
            ["cli/src/main.rs:1", "core/src/cart/line.rs:1", "core/src/lib.rs:1", "core/src/lib.rs:3"],
        ),
        (RUST, "core/src/lib.rs", ["cli/src/main.rs:2", "core/src/cart.rs:4"]),
        (JAVA, "app/src/main/java/org/shop/tax/Rate.java", ["app/src/main/java/org/shop/Cart.java:2"]),
        (C, "include/shop/cart.h", ["src/cart.c:2", "src/window.cpp:2"]),
        (C, "src/cart_private.h", ["src/cart.c:3", "src/window.cpp:1"]),
        (OTHERS, "lib/shop/tax.rb", ["lib/shop.rb:2"]),
        (OTHERS, "php/src/Shop/Line.php", ["php/index.php:3"]),
        (OTHERS, "bin/lib/log.sh", ["bin/run.sh:2"]),
    ],
)
def test_importers_are_found_again(
    context_of: ContextOf, files: dict[str, str], path: str, expected: list[str]
) -> None:
    found = context_of(snapshot_of(files)).importers(path)
    assert [f"{item.path}:{item.line}" for item in found] == expected


@pytest.mark.parametrize(
    "statement",
    [
        "import shop.db.base",
        "import os, shop.db.base as b",
        "if x: import shop.db.base",
        "from shop.db.base import A",
        "from shop.db import base",
        "from shop.db import a, base as b  # both",
        "from .db.base import A",
        "from shop.db import (\n    a,\n    base,\n)",
        "from shop.db import (a as c, b,\nbase as d, e)",
        "from shop.db import (  # these\n    base  # the base\n)",
        "from shop.db import \\\n    base",
        "from shop.db \\\n    import base",
        "def f():\n    from shop.db import base",
    ],
)
def test_every_form_of_an_import_of_python_is_found(context_of: ContextOf, statement: str) -> None:
    files = {
        **dict.fromkeys(["shop/__init__.py", "shop/db/__init__.py", "shop/db/base.py"], ""),
        "shop/use.py": f"{statement}\n",
        "shop/other.py": "from shop.ui.base import B\nfrom .base import C\nbase.run()\n",
    }
    context = context_of(snapshot_of(files))
    assert [item.path for item in context.importers("shop/db/base.py")] == ["shop/use.py"]
    moved = {path.replace("shop/db/__init__.py", "shop/db/x.py"): text for path, text in files.items()}
    assert [item.path for item in context_of(snapshot_of(moved)).importers("shop/db/base.py")] == [
        "shop/use.py"
    ]


def test_what_is_printed_and_what_is_left_out(context_of: ContextOf) -> None:
    context = context_of(
        snapshot_of({**PYTHON, **{f"src/use{n}.py": "import shop.cart\n" for n in range(9)}})
    )
    assert repr(context.imports("src/shop/cart.py")).split("\n")[:3] == [
        "src/shop/cart.py:1: os (external)",
        "src/shop/cart.py:1: json (external)",
        "src/shop/cart.py:2: shop.money -> src/shop/money.py",
    ]
    found = context.importers("src/shop/cart.py", limit=4)
    assert len(found) == 4
    assert found.note == "Stopped at limit=4: files from src/use4.py on not searched."
    assert [item.path for item in context.importers("src/shop/cart.py", "tests/")] == ["tests/test_cart.py"]


def test_what_cannot_be_followed_is_said(context_of: ContextOf) -> None:
    context = context_of(snapshot_of({"a.cs": "using System;\n", "b.md": "", "c.py": "(\n" * 100_000}))
    assert [repr(item) for item in context.imports("a.cs")] == ["a.cs:1: System (external)"]
    assert "C# imports namespaces, not files" in context.imports("a.cs").note
    assert "C# imports namespaces" in context.importers("a.cs").note
    assert context.imports("b.md").note == "b.md: Imports of Markdown are not known; grep works."
    assert "too broken to be parsed" in context.imports("c.py").note
    with pytest.raises(QueryError, match="limit of at least 1"):
        context.importers("c.py", limit=0)
