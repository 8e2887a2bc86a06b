"""`python -m docebo_connect` is the command `docebo-connect`."""

from docebo_connect import main

if __name__ == "__main__":
    main()
