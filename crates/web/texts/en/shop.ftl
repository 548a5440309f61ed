# The first page, the list of shows, a show. Scripts use the texts that begin with `shop-js-`, too.

# The first page
shop-about = Tickets and coupons, first come, first served, with a place in line that is kept for you.
shop-home-title = Tickets without the rush
shop-home-lead = When many people come at once you get a place in line. Close the tab, lose the signal: the place stays yours.
shop-home-on-sale = On sale now
shop-home-none = No show is on sale right now.
shop-home-all = See all shows
shop-home-coming = Opening soon
shop-home-coupons = Coupons
shop-home-all-coupons = See all coupons
shop-demo = This is a demo. The shows are made up and nobody is charged. The log-in is in the terminal that started the server.
shop-demo-docs = API documents
shop-demo-console = Console
shop-old = The list cannot be refreshed right now. This is how it was at { $time }.
shop-coupon-left =
    { $count ->
        [one] { $count } left
       *[other] { $count } left
    }
shop-coupon-opens = Opens { $moment }

# A show in a list
shop-price-from = from { $price }
shop-state-open = On sale
shop-state-soon = On sale from { $moment }
shop-state-over = Over
shop-state-cancelled = Cancelled

# The list of shows
shop-list-title = Shows
shop-list-about = Shows on sale now and opening soon.
shop-list-search = Find a show
shop-list-keyword = Show or artist
shop-list-city = City
shop-list-anywhere = Anywhere
shop-list-status = Status
shop-list-go = Search
shop-list-clear = Clear all filters
shop-list-found =
    { $count ->
        [one] { $count } show
       *[other] { $count } shows
    }
shop-list-empty = No show matches
shop-list-empty-drop = There is something if you drop one filter:
shop-list-empty-all = Dropping a single filter does not help. Clear them all and look again.
shop-list-empty-none = There are no shows yet.
shop-list-drop =
    { $count ->
        [one] Drop “{ $value }”: { $count } show
       *[other] Drop “{ $value }”: { $count } shows
    }
shop-list-pages = Pages of the list
shop-list-before = Previous
shop-list-after = Next
shop-list-page = Page { $page } of { $pages }
shop-which-open = On sale or opening soon
shop-which-upcoming = Opening soon
shop-which-ended = Past shows
shop-which-cancelled = Cancelled shows

# A show
shop-show-when = When
shop-show-where = Where
shop-show-times = Dates and times
shop-show-no-times = No dates have been set.
shop-show-how = You log in, get a place in line, and choose seats when it is your turn.
shop-show-reload = Please open this page again when the sale starts.
shop-show-prices = Prices
shop-show-grade = Grade
shop-show-price = Price of one ticket
shop-show-about = About the show
shop-show-cancelled = This show is cancelled. Everything that was paid is refunded.
shop-show-old = The page cannot be refreshed right now. This is how it was at { $time }; fewer seats may be left.
shop-grade = { $grade }

# A performance
shop-time-join = Get tickets
shop-time-wait = Wait for a seat
shop-time-not-yet = Not on sale yet
shop-time-left =
    { $count ->
        [one] { $count } seat left
       *[other] { $count } seats left
    }
shop-time-opens = On sale from { $moment }
shop-time-in-payment =
    { $count ->
        [one] Sold out, { $count } seat in payment. It comes back if it is not paid for.
       *[other] Sold out, { $count } seats in payment. They come back if they are not paid for.
    }
shop-time-sold-out = Sold out
shop-time-over = The sale is over
shop-time-cancelled = This performance is cancelled
shop-js-opens = Opens in { $time }
shop-js-days =
    { $days ->
        [one] { $days } day { $time }
       *[other] { $days } days { $time }
    }
shop-js-join = Get tickets
shop-js-open = The sale has begun. You can get tickets now.
