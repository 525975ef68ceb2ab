#include "json.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Arrays and objects within each other; the reader recurses once for each. */
#define MOST_DEPTH 128

typedef struct {
    const char *at;
    const char *end;
} reader;

static json *value(reader *in, int depth);

static void skip_space(reader *in)
{
    while (in->at < in->end && (*in->at == ' ' || *in->at == '\t' || *in->at == '\n' || *in->at == '\r')) {
        in->at++;
    }
}

/* Skips one character when it stands next. */
static bool take(reader *in, char wanted)
{
    skip_space(in);
    if (in->at == in->end || *in->at != wanted) {
        return false;
    }
    in->at++;
    return true;
}

static bool take_word(reader *in, const char *word)
{
    size_t bytes = strlen(word);
    if ((size_t)(in->end - in->at) < bytes || memcmp(in->at, word, bytes) != 0) {
        return false;
    }
    in->at += bytes;
    return true;
}

static json *make(json_kind kind)
{
    json *made = calloc(1, sizeof *made);
    if (made != NULL) {
        made->kind = kind;
    }
    return made;
}

static bool hex4(reader *in, uint32_t *out)
{
    if (in->end - in->at < 4) {
        return false;
    }
    *out = 0;
    for (int i = 0; i < 4; i++) {
        char c = *in->at++;
        uint32_t digit;
        if (c >= '0' && c <= '9') {
            digit = (uint32_t)(c - '0');
        } else if (c >= 'a' && c <= 'f') {
            digit = (uint32_t)(c - 'a') + 10;
        } else if (c >= 'A' && c <= 'F') {
            digit = (uint32_t)(c - 'A') + 10;
        } else {
            return false;
        }
        *out = *out * 16 + digit;
    }
    return true;
}

static char *put_utf8(char *out, uint32_t c)
{
    if (c < 0x80) {
        *out++ = (char)c;
    } else if (c < 0x800) {
        *out++ = (char)(0xc0 | (c >> 6));
        *out++ = (char)(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        *out++ = (char)(0xe0 | (c >> 12));
        *out++ = (char)(0x80 | ((c >> 6) & 0x3f));
        *out++ = (char)(0x80 | (c & 0x3f));
    } else {
        *out++ = (char)(0xf0 | (c >> 18));
        *out++ = (char)(0x80 | ((c >> 12) & 0x3f));
        *out++ = (char)(0x80 | ((c >> 6) & 0x3f));
        *out++ = (char)(0x80 | (c & 0x3f));
    }
    return out;
}

/* What stands behind `\u`; a surrogate without its other half becomes U+FFFD. */
static bool code_point(reader *in, uint32_t *out)
{
    if (!hex4(in, out)) {
        return false;
    }
    if (*out >= 0xd800 && *out < 0xdc00) {
        reader ahead = *in;
        uint32_t low;
        if (take_word(&ahead, "\\u") && hex4(&ahead, &low) && low >= 0xdc00 && low < 0xe000) {
            *in = ahead;
            *out = 0x10000 + ((*out - 0xd800) << 10) + (low - 0xdc00);
            return true;
        }
    }
    if (*out >= 0xd800 && *out < 0xe000) {
        *out = 0xfffd;
    }
    return true;
}

/* A string behind its opening quote. */
static bool string(reader *in, const char **text, size_t *bytes)
{
    const char *end = in->at;
    while (end < in->end && *end != '"') {
        end += *end == '\\' ? 2 : 1;
    }
    if (end >= in->end) {
        return false;
    }
    /* No escape is shorter than what it stands for. */
    char *unescaped = malloc((size_t)(end - in->at) + 1);
    if (unescaped == NULL) {
        return false;
    }
    char *out = unescaped;
    while (*in->at != '"') {
        char c = *in->at++;
        if ((unsigned char)c < 0x20) {
            return false;
        }
        if (c != '\\') {
            *out++ = c;
            continue;
        }
        uint32_t point;
        switch (*in->at++) {
        case '"': *out++ = '"'; break;
        case '\\': *out++ = '\\'; break;
        case '/': *out++ = '/'; break;
        case 'b': *out++ = '\b'; break;
        case 'f': *out++ = '\f'; break;
        case 'n': *out++ = '\n'; break;
        case 'r': *out++ = '\r'; break;
        case 't': *out++ = '\t'; break;
        case 'u':
            if (!code_point(in, &point)) {
                return false;
            }
            out = put_utf8(out, point);
            break;
        default: return false;
        }
    }
    in->at++;
    *out = '\0';
    *text = unescaped;
    *bytes = (size_t)(out - unescaped);
    return true;
}

/* Elements or members, behind the opening bracket. */
static json *list(reader *in, json_kind kind, int depth)
{
    char closing = kind == JSON_OBJECT ? '}' : ']';
    json *made = make(kind);
    if (made == NULL || take(in, closing)) {
        return made;
    }
    json **place = &made->first;
    do {
        const char *key = NULL;
        size_t key_bytes = 0;
        if (kind == JSON_OBJECT && !(take(in, '"') && string(in, &key, &key_bytes) && take(in, ':'))) {
            return NULL;
        }
        json *item = value(in, depth + 1);
        if (item == NULL) {
            return NULL;
        }
        item->key = key;
        item->key_bytes = key_bytes;
        *place = item;
        place = &item->next;
    } while (take(in, ','));
    return take(in, closing) ? made : NULL;
}

static json *value(reader *in, int depth)
{
    if (depth > MOST_DEPTH) {
        return NULL;
    }
    if (take(in, '{')) {
        return list(in, JSON_OBJECT, depth);
    }
    if (take(in, '[')) {
        return list(in, JSON_ARRAY, depth);
    }
    if (take(in, '"')) {
        json *made = make(JSON_STRING);
        return made != NULL && string(in, &made->text, &made->bytes) ? made : NULL;
    }
    if (take_word(in, "null")) {
        return make(JSON_NULL);
    }
    if (take_word(in, "true")) {
        return make(JSON_TRUE);
    }
    if (take_word(in, "false")) {
        return make(JSON_FALSE);
    }
    const char *start = in->at;
    while (in->at < in->end && strchr("+-.0123456789eE", *in->at) != NULL && *in->at != '\0') {
        in->at++;
    }
    json *made = in->at > start ? make(JSON_NUMBER) : NULL;
    if (made != NULL) {
        made->text = start;
        made->bytes = (size_t)(in->at - start);
    }
    return made;
}

json *json_read(const char *text, size_t bytes)
{
    reader in = { text, text + bytes };
    json *document = value(&in, 0);
    skip_space(&in);
    return in.at == in.end ? document : NULL;
}

json *json_get(const json *object, const char *key)
{
    if (object == NULL || object->kind != JSON_OBJECT) {
        return NULL;
    }
    size_t bytes = strlen(key);
    for (json *member = object->first; member != NULL; member = member->next) {
        if (member->key_bytes == bytes && memcmp(member->key, key, bytes) == 0) {
            return member;
        }
    }
    return NULL;
}

bool json_is(const json *value, const char *text)
{
    return value != NULL && value->kind == JSON_STRING && value->bytes == strlen(text)
        && memcmp(value->text, text, value->bytes) == 0;
}

void json_print(const char *text, size_t bytes)
{
    putchar('"');
    for (size_t i = 0; i < bytes; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '"' || c == '\\') {
            putchar('\\');
            putchar(c);
        } else if (c < 0x20) {
            printf("\\u%04x", c);
        } else {
            putchar(c);
        }
    }
    putchar('"');
}
