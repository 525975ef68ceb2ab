#include <stdio.h>
#include <stdbool.h>
#include <errno.h>

static bool copy(const char *from, const char *to)
{
    char buffer[4096];
    size_t n;
    FILE *in = fopen(from, "rb), *out = NULL;

    if (!in || !(out = fopen(to, "wb"))) {
        fprintf(stderr, "%s: error %d\n", in ? to : from, errno);
        return false;
    }
    while ((n = fread(buffer, 1, sizeof(buffer), in)) > 0) {
        if (fwrite(buffer, 1, n, out) != n)
            return false;
    }
    return !(fclose(in) | fclose(out));
}

int main(int argc, char **argv)
{
    return argc == 3 && copy(argv[1], argv[2]) ? 0 : 1;
}
