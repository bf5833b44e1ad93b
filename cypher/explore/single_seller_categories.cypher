// Categories with one seller only
//
// Purpose: what the marketplace loses when one seller leaves: categories in which a single seller has
// offers that have not lapsed.
//
// Parameters: none
//
// Returns:
//   category          Portuguese name
//   category_english  English name, where there is one
//   seller_id         the one seller
//   city              where it is
//   state             where it is
//   active_offers     its products in the category
//   units_sold        units that it sold of them
//   snapshot_state    ready, or loading
MATCH (snapshot:Snapshot)
OPTIONAL CALL (snapshot) {
  MATCH (category:Category)<-[:IN_CATEGORY]-(:Product)<-[offer:SELLS]-(seller:Seller)
  WHERE offer.last_sold >= snapshot.offers_since
  WITH category, collect(DISTINCT seller) AS sellers, count(offer) AS offers, sum(offer.n) AS units
  WHERE size(sellers) = 1
  RETURN
    category.id AS category,
    category.category_english AS category_english,
    sellers[0].id AS seller_id,
    sellers[0].city AS city,
    sellers[0].state AS state,
    offers AS active_offers,
    units AS units_sold
}
RETURN category, category_english, seller_id, city, state, active_offers, units_sold,
  snapshot.state AS snapshot_state
ORDER BY units_sold DESC, category;
