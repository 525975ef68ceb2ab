#include <algorithm>
#include <functional>
#include <iostream>
#include <memory>
#include <vector>

enum class Level : unsigned char { Low = 1, High };

int main() {
    std::vector<int> values{3, 1, 2};
    auto limit = std::make_unique<int>(2);
    std::sort(values.begin(), values.end(), [](int a, int b) { return a > b; });
    std::function<bool(int)> small = [&limit](auto n) mutable { return n <= *limit; };
    const auto count = std::count_if(values.begin(), values.end(), small);
    if (auto it = std::find(values.begin(), values.end(), 2); it != values.end()) {
        std::cout << R"(found "two")" << '\n' << count << std::endl;
    }
    return static_cast<int>(Level::High) - 1;
}
