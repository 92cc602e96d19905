"""Facts with dates: regions and their history, the working-day calendar, the rounds of inspection."""
