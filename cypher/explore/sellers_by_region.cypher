// Sellers by region
//
// Purpose: where the sellers are, what they offer, and how long they take until the carrier has the parcel.
//
// Parameters: run this line first in Browser or cypher-shell
// :param {state: null, k: 20}
//   state  two letters, or null for all
//   k      rows at most
//
// Returns:
//   region          first three digits
//   state           its state
//   sellers         how many sit there; the order of the rows
//   active_sellers  those with an offer that has not lapsed
//   active_offers   (product, seller) pairs that have not lapsed
//   handling_days   mean handling time, sellers weighted by their deliveries
//   snapshot_state  ready, or loading
MATCH (snapshot:Snapshot)
OPTIONAL CALL (snapshot) {
  MATCH (region:Region)<-[:IN_REGION]-(:ZipPrefix)<-[:LOCATED_IN]-(seller:Seller)
  WHERE $state IS NULL OR region.state = $state
  WITH region, seller,
       COUNT { (seller)-[offer:SELLS]->() WHERE offer.last_sold >= snapshot.offers_since } AS offers
  WITH region,
       count(*) AS sellers,
       sum(CASE WHEN offers > 0 THEN 1 ELSE 0 END) AS active_sellers,
       sum(offers) AS active_offers,
       sum(seller.n) AS deliveries,
       sum(seller.handling_mean_days * seller.n) AS days
  RETURN
    region.id AS region,
    region.state AS state,
    sellers,
    active_sellers,
    active_offers,
    CASE WHEN deliveries > 0 THEN days / deliveries END AS handling_days
}
RETURN region, state, sellers, active_sellers, active_offers, handling_days,
  snapshot.state AS snapshot_state
ORDER BY sellers DESC, region
LIMIT toInteger($k);
