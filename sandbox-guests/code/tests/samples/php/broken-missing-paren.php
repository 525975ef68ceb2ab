<?php
function walk(array $tree, callable $visit, int ...$path): \Generator
{
    foreach ($tree as $key => $node) {
        yield $key => $node;
        if (is_array($node) && !empty($node)) {
            yield from walk($node, $visit, ...[...$path, $key]);
        } elseif (isset($node->children)) {
            $visit($node, depth: count($path));
        }
    }
}

$total = 0;
$add = function (int $n) use (&$total): void {
    static $calls = 0;
    $total += $n;
    $calls++;
};
for ($i = 0, $n = 3; $i < $n; ++$i $add($i);
print <<<TEXT
  total: {$total}
  TEXT;
