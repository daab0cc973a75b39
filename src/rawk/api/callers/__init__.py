"""Who calls: authentication, the tenant that a request acts for, rate limits, logging in."""
