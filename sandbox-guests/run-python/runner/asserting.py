"""Makes plain `assert` statements tell what they compared."""

import ast
import reprlib

HELPER = "__genesis_explain__"
_LEFT, _RIGHT = "__genesis_left__", "__genesis_right__"

_short = reprlib.Repr(maxstring=200, maxother=200, maxlong=100, maxlist=20, maxdict=20, maxset=20, maxtuple=20)


def explain(source, symbol, left, right):
    """The message of a comparison that does not hold."""
    return f"assert {source}: {_shown(left)} {symbol} {_shown(right)} does not hold"


def compiled(text, path):
    """Compiles a text with its assertions rewritten."""
    tree = ast.parse(text, path)
    tree = ast.fix_missing_locations(_Rewriter().visit(tree))
    return compile(tree, path, "exec", dont_inherit=True)


def _shown(value):
    try:
        return _short.repr(value)
    except Exception as error:
        return f"<{type(value).__name__} whose repr raises {type(error).__name__}>"


_SYMBOLS = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
}


class _Rewriter(ast.NodeTransformer):
    def visit_Assert(self, node):
        if node.msg is not None:
            return node
        test = node.test
        source = " ".join(ast.unparse(test).split())[:200]
        if not (isinstance(test, ast.Compare) and len(test.ops) == 1):
            node.msg = ast.copy_location(ast.Constant(f"assert {source}"), test)
            return node
        left, right = (ast.Name(name, ast.Load()) for name in (_LEFT, _RIGHT))
        message = ast.Call(
            ast.Name(HELPER, ast.Load()),
            [ast.Constant(source), ast.Constant(_SYMBOLS[type(test.ops[0])]), left, right],
            [],
        )
        again = ast.Assert(ast.Compare(left, test.ops, [right]), message)
        assigned = [
            ast.Assign([ast.Name(name, ast.Store())], value)
            for name, value in ((_LEFT, test.left), (_RIGHT, test.comparators[0]))
        ]
        for statement in (*assigned, again):
            ast.copy_location(statement, node)
            for child in ast.walk(statement):
                if "lineno" in child._attributes and not hasattr(child, "lineno"):
                    ast.copy_location(child, test)
        return [*assigned, again]
