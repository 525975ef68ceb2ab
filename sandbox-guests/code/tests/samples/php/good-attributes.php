<?php

#[Attribute(Attribute::TARGET_METHOD)]
class Route
{
    public function __construct(public string $path, public array $methods = ['GET']) {}
}

abstract class Controller
{
    use Loggable, Cacheable {
        Loggable::log insteadof Cacheable;
    }

    #[Route('/users/{id}', methods: ['GET', 'HEAD'])]
    abstract protected function show(int|string $id): ?Response;

    public function call(): mixed
    {
        try {
            return $this?->show(id: 1)?->body ?: new class { public int $size = 0; };
        } catch (NotFound | Forbidden) {
            return null;
        } finally {
            $this->log('called');
        }
    }
}
