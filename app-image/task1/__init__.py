"""The API: posts on MySQL (writer and reader) behind a Redis cache."""
