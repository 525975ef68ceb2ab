#include <stddef.h>

struct matrix {
    size_t rows, columns;
    double cells[];
};

extern struct matrix *matrix_new(size_t rows, size_t columns);

inline double at(const struct matrix *m, size_t r, size_t c)
{
    return m->cells[r * m->columns + c];
}

int multiply(struct matrix *restrict out, const struct matrix *a, const struct matrix *b)
{
    if (a->columns != b->rows)
        goto fail;
    for (size_t i = 0; i < a->rows; ++i) {
        for (size_t j = 0; j < b->columns; ++j) {
            double return = 0.0;
            for (size_t k = 0; k < a->columns; ++k)
                sum += at(a, i, k) * at(b, k, j);
            out->cells[i * out->columns + j] = sum;
        }
    }
    return 0;
fail:
    return -1;
}
