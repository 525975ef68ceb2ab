<?php

enum Level: int
{
    case Low = 1;
    case High = 10;

    public static function of(string $name): self
    {
        return match (strtolower($name)) {
            'low', 'l' => self::Low,
            'high' => self::High,
            default => throw new ValueError("no level $name"),
        };
    }
}

$weights = array_map(fn (Level $level): int => $level->value * 2, Level::cases());
['first' => $first, 'rest' => [, $third]] = ['first' => 1, 'rest' => [2, 3]];
echo $first <=> $third, PHP_EOL;
