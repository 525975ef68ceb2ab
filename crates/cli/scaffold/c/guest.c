/* {{name}}: says which lines end in white space. Put your own rule in the place of `look`.

   A guest reads one JSON document from standard input and writes one to standard output: a report with the findings,
   which is empty when there is nothing to say. Exit code 0 says that it did its work, whatever it found. */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"

/* What the guest says of itself goes into a section of its own in the module. */
__asm__(".section \".custom_section.genesis:guest\",\"\",@\n"
        ".incbin \"manifest.json\"\n"
        ".text\n");

/* Findings after which the rest is left out: a report has a size limit. */
#define MOST_FINDINGS 100

static int findings = 0;

/* Ends the guest without a report: the run has failed, and nothing is said of what it looked at. */
static _Noreturn void fail(const char *why)
{
    fprintf(stderr, "%s\n", why);
    exit(2);
}

static char *read_all(size_t *bytes)
{
    size_t room = 1 << 16;
    char *text = malloc(room);
    *bytes = 0;
    while (text != NULL) {
        size_t more = fread(text + *bytes, 1, room - *bytes, stdin);
        *bytes += more;
        if (more == 0) {
            return text;
        }
        if (*bytes == room) {
            room *= 2;
            text = realloc(text, room);
        }
    }
    fail("the input does not fit into memory");
}

/* One finding. `path` is NULL for the template's own document. The message names no line: the same defect has the same
   message wherever it moves to. */
static void found(const json *path, size_t line, size_t column, size_t offset, size_t length)
{
    if (findings++ >= MOST_FINDINGS) {
        return;
    }
    printf("%s{\"severity\":\"warning\",\"code\":\"trailing-space\",\"message\":\"a line ends in white space\",\"place\":{",
           findings > 1 ? "," : "");
    if (path != NULL) {
        printf("\"file\":");
        json_print(path->text, path->bytes);
        printf(",");
    }
    printf("\"span\":{\"line\":%zu,\"column\":%zu,\"offset\":%zu,\"length\":%zu}},\"help\":\"remove it\"}", line, column,
           offset, length);
}

/* Reports every line that ends in spaces or tabs, and gives the number of lines. */
static size_t look(const json *path, const json *text)
{
    if (text == NULL || text->kind != JSON_STRING) {
        fail("the input is not of ABI 1: a text is missing");
    }
    const char *start = text->text;
    const char *end = text->text + text->bytes;
    size_t number = 0;
    while (start < end) {
        const char *line_end = memchr(start, '\n', (size_t)(end - start));
        const char *next = line_end == NULL ? end : line_end + 1;
        const char *shown = line_end == NULL ? end : line_end;
        if (shown > start && shown[-1] == '\r') {
            shown--;
        }
        const char *kept = shown;
        while (kept > start && (kept[-1] == ' ' || kept[-1] == '\t')) {
            kept--;
        }
        number++;
        if (kept < shown) {
            size_t column = 1;
            for (const char *c = start; c < kept; c++) {
                column += ((unsigned char)*c & 0xc0) != 0x80;
            }
            found(path, number, column, (size_t)(kept - text->text), (size_t)(shown - kept));
        }
        start = next;
    }
    return number;
}

int main(void)
{
    size_t bytes;
    char *text = read_all(&bytes);
    json *input = json_read(text, bytes);
    json *abi = json_get(input, "abi");
    if (abi == NULL || abi->kind != JSON_NUMBER || abi->bytes != 1 || abi->text[0] != '1') {
        fail("the input is not of ABI 1");
    }
    json *subject = json_get(input, "subject");
    // [template]
    json *given = json_get(json_get(subject, "template"), "template");
    if (given == NULL) {
        fail("{{name}} takes a template");
    }
    printf("{\"abi\":1,\"findings\":[");
    look(NULL, json_get(given, "text"));
    json *parts = json_get(given, "parts");
    for (json *part = parts == NULL ? NULL : parts->first; part != NULL; part = part->next) {
        json path = { .kind = JSON_STRING, .text = part->key, .bytes = part->key_bytes };
        look(&path, part);
    }
    printf("]}");
    // [case]
    json *given = json_get(subject, "case");
    if (given == NULL) {
        fail("{{name}} takes what a case rendered");
    }
    printf("{\"abi\":1,\"findings\":[");
    json *files = json_get(given, "files");
    for (json *file = files == NULL ? NULL : files->first; file != NULL; file = file->next) {
        look(json_get(file, "path"), json_get(file, "text"));
    }
    printf("]}");
    // [code]
    json *given = json_get(subject, "code");
    if (given == NULL) {
        fail("{{name}} takes code");
    }
    if (!json_is(json_get(given, "analysis"), "lint")) {
        fail("{{name}} only lints");
    }
    printf("{\"abi\":1,\"findings\":[");
    size_t count = 0;
    size_t lines = 0;
    json *files = json_get(given, "files");
    for (json *file = files == NULL ? NULL : files->first; file != NULL; file = file->next) {
        lines += look(json_get(file, "path"), json_get(file, "text"));
        count++;
    }
    printf("],\"data\":{\"by\":\"{{name}} 0.1.0\",\"exact\":true,\"files\":%zu,\"lines\":%zu}}", count, lines);
    // [end]
    return 0;
}
