"""A shopping cart and its tests."""


class Cart:
    """Prices, in the order in which they were added."""

    def __init__(self):
        self.prices = []

    def add(self, price):
        """Adds a price, which must be positive."""
        if price <= 0:
            raise ValueError("a price is positive")
        self.prices.append(price)

    def total(self):
        """The sum of all prices."""
        return sum(self.prices)


def test_a_new_cart_is_empty():
    assert Cart().total() == 0


def test_prices_add_up():
    cart = Cart()
    cart.add(2)
    cart.add(3)
    assert cart.total() == 5


def test_a_price_is_positive():
    try:
        Cart().add(0)
    except ValueError:
        return
    raise AssertionError("0 was taken")
