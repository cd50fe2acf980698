"""Well-known network shapes with random weights, written as exporters write them."""
