"""Other helpdesks, one folder per vendor with the same files.

``client`` speaks to the vendor's API, ``inbound`` takes its webhooks, ``outbound`` turns what is in
the outbox into calls, ``mapping`` holds the vendor's words. ``transport`` is HTTP for all of them;
``smtp`` sends mails.
"""
