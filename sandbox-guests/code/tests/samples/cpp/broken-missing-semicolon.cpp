#include <map>
#include <stdexcept>
#include <string>

namespace shop {

class Cart {
public:
    explicit Cart(std::string owner) : owner_{std::move(owner)} {}
    virtual ~Cart() = default;

    Cart& add(const std::string& sku, int count = 1) {
        if (count <= 0) {
            throw std::invalid_argument("count: " + std::to_string(count));
        }
        items_[sku] += count;
        return *this;
    }

    [[nodiscard]] auto total() const noexcept -> int {
        int sum = 0
        for (const auto& [sku, count] : items_) sum += count;
        return sum;
    }

private:
    std::string owner_;
    std::map<std::string, int> items_;
};

}  // namespace shop
