# What stands on every page
common-name = Onsale
common-skip = Skip to the page
common-nav = Main menu
common-shows = Shows
common-coupons = Coupons
common-mine = My tickets
common-other-language = 한국어
common-footer = All times are Korean time (KST), by our server's clock.
common-unsent = Your session had ended, so what you just sent was not done. Nothing was changed. Please send it again.
