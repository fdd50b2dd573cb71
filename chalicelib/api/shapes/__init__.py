"""What travels over the HTTP API, one file a resource. The OpenAPI document is made from these models."""
