#include <string_view>

struct Visitor;

struct Node {
    virtual void accept(Visitor& visitor) const = 0;
    virtual ~Node() = default;
};

template <class Derived, class Base = Node>
struct Visitable : public Base {
    using Base::Base;
    void accept(Visitor& visitor) const override;
};

struct Number : Visitable<Number> {
    long value{};
    constexpr static std::string_view name = "number";
};

int depth(const Node* node) try {
    switch (dynamic_cast<const Number*>(node) != nullptr) {
        case true: return 1;
        default: return 0;
    }
} catch (const std::bad_cast& {
    return -1;
}
