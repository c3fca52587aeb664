"""Texts of templates are translated when a template is read, since every environment speaks one language."""

from collections.abc import Callable
from typing import Any

from jinja2 import nodes
from jinja2.compiler import CodeGenerator
from jinja2.visitor import NodeTransformer

_NAMES = frozenset(("_", "gettext"))


def folding(said: Callable[[str], str]) -> type[CodeGenerator]:
    """What compiles templates so; a text with something to fill in is still said when the page is made."""

    class _Folding(CodeGenerator):
        def visit_Template(self, node: nodes.Template, frame: Any = None) -> None:  # noqa: ANN401, N802 - as Jinja has it
            _Said(said).visit(node)
            super().visit_Template(node, frame)

    return _Folding


class _Said(NodeTransformer):
    def __init__(self, said: Callable[[str], str]) -> None:
        self.said = said

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802 - as Jinja has it
        match node:
            case nodes.Call(node=nodes.Name(name=name), args=[nodes.Const(value=text)], kwargs=[]) if name in _NAMES:
                return nodes.MarkSafe(nodes.Const(self.said(text) % {}), lineno=node.lineno)
        return self.generic_visit(node)
