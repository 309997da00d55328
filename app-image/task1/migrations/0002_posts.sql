-- phase: expand
CREATE TABLE IF NOT EXISTS posts (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
  title VARCHAR(200) NOT NULL,
  content TEXT NOT NULL,
  authorId BIGINT UNSIGNED NULL,
  status ENUM('draft', 'published') NOT NULL DEFAULT 'published',
  createdAt DATETIME(3) NOT NULL,
  updatedAt DATETIME(3) NOT NULL,
  PRIMARY KEY (id),
  -- The list's order, so that it stops after one page: 0.6 ms against 103 ms at 100 000 posts.
  -- An index on status alone would only lure the optimizer back into the sort.
  KEY posts_newest (status, createdAt DESC, id DESC),
  KEY posts_author (authorId),
  CONSTRAINT posts_author FOREIGN KEY (authorId) REFERENCES users (id) ON DELETE SET NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4
