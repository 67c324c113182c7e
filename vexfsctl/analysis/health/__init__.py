"""The health of volumes: findings, the verdict, its numbers, the summary and what to do next."""
