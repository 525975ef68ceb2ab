#include <ctype.h>
#include <string.h>

typedef enum { WORD, NUMBER = 10, MARK } kind;

typedef struct token {
    kind kind;
    union { long number; char text[16]; } u;
} token;

size_t scan(const char *s, token out[static 1])
{
    const char *start = s;
    switch (isalpha((unsigned char)*s) ? WORD : isdigit((unsigned char)*s) ? NUMBER : MARK) {
    case WORD:
        while (isalnum((unsigned char)*s)) s++;
        memcpy(out->u.text, start, (size_t)(s - start));
        break;
    case NUMBER:
        do { out->u.number = out->u.number * 10 + (*s - '0'); } while (isdigit((unsigned char)*++s));
        break;
    default:
        s++;
    }
    return (size_t)(s - start);
}
