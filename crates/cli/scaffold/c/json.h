/* A small JSON reader and writer: enough for what a guest is given and what it reports. Nothing is freed, because the
   instance is thrown away after one run. */

#ifndef JSON_H
#define JSON_H

#include <stdbool.h>
#include <stddef.h>

typedef enum { JSON_NULL, JSON_TRUE, JSON_FALSE, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT } json_kind;

typedef struct json {
    json_kind kind;
    const char *key;    /* of a member; ends in a NUL that key_bytes does not count */
    size_t key_bytes;
    const char *text;   /* of a string (unescaped, UTF-8) or a number (as written) */
    size_t bytes;
    struct json *first; /* of an array's elements or an object's members */
    struct json *next;  /* the sibling behind this one */
} json;

/* The document, or NULL when it is not one JSON document, is nested too deeply, or memory is short. */
json *json_read(const char *text, size_t bytes);

/* The member of an object, or NULL when there is none or it is no object. */
json *json_get(const json *object, const char *key);

/* Whether it is a string with this text. */
bool json_is(const json *value, const char *text);

/* Writes a string with its quotes to standard output. */
void json_print(const char *text, size_t bytes);

#endif
