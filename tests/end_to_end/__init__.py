"""The local stack as its users see it: one `make up`, then HTTP, kubectl and pulumi."""
