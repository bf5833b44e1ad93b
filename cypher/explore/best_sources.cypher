// Best sources for a destination
//
// Purpose: which sellers with an active offer in a category deliver soonest and most surely to a zip prefix,
// by mean + z sd of the lead time. A lane's times hold for its reference parcel and an average seller; a
// seller's are these times e^effect_log. Sellers whose lane was never seen are not in it: malha recommend
// estimates those too, and ships from warehouses.
//
// Parameters: run this line first in Browser or cypher-shell
// :param {zip_prefix: "01310", category: "health_beauty", z: 1.0, k: 10}
//   zip_prefix  destination, five digits
//   category    Portuguese or English name
//   z           weight of the spread, 0 or more
//   k           rows at most
//
// Returns:
//   seller_id       the source
//   city            where it is
//   state           where it is
//   carrier_id      by whom
//   score_days      mean + z sd, the order of the rows (then seller and carrier)
//   mean_days       purchase to customer, days
//   sd_days         its standard deviation, days
//   basis           the narrowest level that the lane's estimate rests on
//   n               packages seen on the lane itself
//   price_cents     the seller's cheapest active offer in the category
//   snapshot_state  ready, or loading: then do not trust the numbers
MATCH (snapshot:Snapshot)
OPTIONAL CALL (snapshot) {
  MATCH (:ZipPrefix {id: $zip_prefix})-[:IN_REGION]->(destination:Region)
  MATCH (category:Category)
  WHERE category.id = $category
     OR (category.category_english = $category AND NOT EXISTS { (:Category {id: $category}) })
  CALL (category) {
    MATCH (parcel:Product)-[:IN_CATEGORY]->(category)
    RETURN percentileCont(parcel.weight_g, 0.5) AS weight_g,
           percentileCont(parcel.longest_side_cm, 0.5) AS side_cm
  }
  MATCH (category)<-[:IN_CATEGORY]-(:Product)<-[offer:SELLS]-(seller:Seller)
  WHERE offer.last_sold >= snapshot.offers_since
  WITH destination, weight_g, side_cm, seller, min(offer.price_cents) AS price_cents
  MATCH (seller)-[:LOCATED_IN]->(:ZipPrefix)-[:IN_REGION]->(:Region)-[lane:LANE]->(destination)
  MATCH (carrier:Carrier {id: lane.carrier_id})
  WHERE NOT coalesce(weight_g > carrier.max_weight_g, false)
    AND NOT coalesce(side_cm > carrier.max_side_cm, false)
  WITH seller, price_cents, lane, exp(seller.effect_log) AS effect
  WITH seller, price_cents, lane,
       lane.mean_days * effect AS mean_days, sqrt(lane.var_days) * effect AS sd_days
  RETURN
    seller.id AS seller_id,
    seller.city AS city,
    seller.state AS state,
    lane.carrier_id AS carrier_id,
    mean_days + $z * sd_days AS score_days,
    mean_days,
    sd_days,
    lane.basis AS basis,
    lane.n AS n,
    price_cents
}
RETURN seller_id, city, state, carrier_id, score_days, mean_days, sd_days, basis, n, price_cents,
  snapshot.state AS snapshot_state
ORDER BY score_days, seller_id, carrier_id
LIMIT toInteger($k);
