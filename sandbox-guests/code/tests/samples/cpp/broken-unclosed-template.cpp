#include <concepts>
#include <vector>

template <typename T>
concept Number = std::integral<T> || std::floating_point<T>;

template <Number T, std::size_t N = 3
struct Vector {
    T cells[N]{};

    constexpr T& operator[](std::size_t i) { return cells[i]; }

    template <typename F>
    constexpr Vector map(F&& f) const {
        Vector out;
        for (std::size_t i = 0; i < N; ++i) out.cells[i] = f(cells[i]);
        return out;
    }

    friend bool operator==(const Vector&, const Vector&) = default;
};

using Point = Vector<double>;
static_assert(sizeof(Point) == 3 * sizeof(double));
