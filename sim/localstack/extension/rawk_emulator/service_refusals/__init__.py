"""What the smaller services refuse beyond their models, by service. LocalStack is needed in `install` and `stored`."""
