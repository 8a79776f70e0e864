"""What a received message is and says: taken apart, its calendar parts read, then decided (calendar-rules 50 to 77)."""
