select symbol from symbols
