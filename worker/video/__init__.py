"""Videos from the web: yt-dlp behind a guard, in a process of its own that imports no backend. `fetch` is the door."""
