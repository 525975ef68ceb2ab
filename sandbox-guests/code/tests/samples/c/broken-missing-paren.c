#include <stdint.h>

#define MAX(a, b) ((a) > (b) ? (a) : (b))
#ifdef DEBUG
#define LOG(...) fprintf(stderr, __VA_ARGS__)
#else
#define LOG(...) ((void)0)
#endif

typedef int (*compare)(const void *, const void *);

static int by_value(const void *a, const void *b)
{
    const int32_t x = *(const int32_t *)a, y = *(const int32_t *b;
    return (x > y) - (x < y);
}

static const compare table[] = { [0] = by_value, 0 };

uint64_t hash(const char *text)
{
    uint64_t h = 0xcbf29ce484222325ULL;
    for (; *text; ++text)
        h = (h ^ (uint8_t)*text) * 1099511628211ULL;
    LOG("%s\n", text);
    return MAX(h, 1) + (uint64_t)(table[0] != 0);
}
