package dfc

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/piprate/json-gold/ld"
)

// Namespaces.
const (
	business1 = "https://github.com/datafoodconsortium/ontology/releases/latest/download/DFC_BusinessOntology.owl#"
	business2 = "http://w3id.org/dfc/ontology/v2.0.0/src/DFC_BusinessOntology.owl#"
	schemaOrg = "https://schema.org/"
	unknown   = "urn:not-in-context:" // what a document's context does not know
)

// prefixes of a document that is written, beside dfc-b. An IRI of a vocabulary that stands in none is written whole.
func prefixes(business string) [][2]string {
	ontology, taxonomies := "https://github.com/datafoodconsortium/ontology/releases/latest/download/", "https://github.com/datafoodconsortium/taxonomies/releases/latest/download/"
	technical := ontology
	if business == business2 {
		ontology, technical, taxonomies = "http://w3id.org/dfc/ontology/", "http://w3id.org/dfc/ontology/v2.0.0/src/", "http://w3id.org/dfc/taxonomies/v2.0.0/"
	}
	return [][2]string{
		{"dfc-b", business},
		{"dfc-t", technical + "DFC_TechnicalOntology.owl#"},
		{"dfc-m", taxonomies + "measures.rdf#"},
		{"dfc-pt", taxonomies + "productTypes.rdf#"},
		{"dfc-f", taxonomies + "facets.rdf#"},
		{"dfc-v", taxonomies + "vocabulary.rdf#"},
		{"dfc", ontology + "DFC_FullModel.owl#"},
		{"dc", "http://purl.org/dc/elements/1.1/#"},
		{"rdfs", "http://www.w3.org/2000/01/rdf-schema#"},
		{"skos", "http://www.w3.org/2004/02/skos/core#"},
		{"ontosec", "http://www.semanticweb.org/ontologies/2008/11/OntologySecurity.owl#"},
		{"schema", schemaOrg},
		{"xsd", "http://www.w3.org/2001/XMLSchema#"},
	}
}

// shortName is the name of a term of the business ontology or of schema.org without its namespace, which differs from version
// to version; any other IRI stays whole. business is the namespace of the ontology.
func shortName(iri string) (name, business string) {
	if space, name, ok := strings.Cut(iri, "#"); ok && plainName(name) && strings.HasSuffix(space, "/DFC_BusinessOntology.owl") {
		return name, space + "#"
	}
	if name, ok := strings.CutPrefix(iri, "dfc-b:"); ok && plainName(name) {
		return name, ""
	}
	for _, scheme := range []string{"https", "http"} {
		if name, ok := strings.CutPrefix(iri, scheme+"://schema.org/"); ok {
			return "schema:" + name, ""
		}
	}
	return iri, ""
}

func plainName(s string) bool { return s != "" && !strings.ContainsAny(s, ":/#") }

// local is what stands last in an IRI, as Gram in dfc-m:Gram.
func local(iri string) string { return iri[strings.LastIndexAny(iri, "#/:")+1:] }

// objectProperties are the properties of ontologies 1.16 and 2.0, and of the middleware for Verso, whose values are nodes.
const objectProperties = `DFC_BusinessOntology_ObjectProperty DFC_Interface_Property addressOf affiliatedTo affiliates
allergenCharacteristicOf basedAt belongsTo brandOf certificateOf certifies characteristicOf claimOf composedOf composes concernedBy concerns
constituedBy constitutedBy constitutes consumedBy consumes containerInformationOf coordinatedBy coordinates definedBy defines deliveredAt
delivery endsAt facetOf from fulfilledBy fulfills geographicalOriginOf hasAddress hasAllergenCharacteristic hasAllergenDimension hasBrand
hasCertification hasCharacteristic hasClaim hasContainerInformation hasCountry hasDimension hasFacet hasFulfilmentStatus
hasGeoJsonFeature hasGeographicalOrigin hasIngredient hasInput hasLabellingCharacteristic hasLabellingDimension hasMainContact hasMember
hasNatureOrigin hasNutrientCharacteristic hasNutrientDimension hasObject hasOffer hasOption hasOrderStatus hasOutput hasPart hasPartOrigin
hasPaymentMethod hasPaymentStatus hasPhoneNumber hasPhysicalCharacteristic hasPhysicalDimension hasPrice hasProcess hasProductOption
hasProductOptionValue hasQuantity hasReference hasReferenceProductOption hasReferenceProductOptionValue hasRoute hasSocialMedia
hasStatus hasStep hasTemperature hasTemplateSaleSession hasTransformationType hasType hasUnit hasVariant hasVariantCaracteristic holds
hostedAt hosts identifiedBy identifies industrializedBy industrializes inputOf isAvailableDuring isCertifiedBy isChippedIn isFulfilledBy
isIngredientOf isMemberOf isOpenDuring isPriceOf isShippedIn isStepOf isStoredIn isTemperatureOf isTemplateSaleSessionOf isVariantOf
labellingCharacteristicOf listedIn lists localizedBy localizes mainContactOf maintainedBy maintains managedBy manages natureOriginOf
nutrientCharacteristicOf objectOf offeredThrough offers offersTo optionOf orderedBy orders outputOf ownedBy owns paidWith partOf
partOriginOf phoneNumberOf physicalCharacteristicOf pickUp pickedUpAt pickup processOf producedBy produces proposedBy proposes referenceOf
referencedBy references refersTo representedBy represents requestedBy requests satisfiedBy satisfies selectedBy selects sells ships
socialMediaOf soldBy startsAt storedIn stores suppliedBy supplies suppliesTo to tracedBy traces transformedBy transforms transportedBy
transports typeOf useVehicle usedInRoute uses vehicle`

// knownContext is the context that a URL of the consortium stands for.
func knownContext(address string) (context map[string]any, ok bool) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, false
	}
	host := strings.ToLower(u.Hostname())
	switch {
	case host == "datafoodconsortium.org" || strings.HasSuffix(host, ".datafoodconsortium.org"):
	case host == "w3id.org" && strings.HasPrefix(u.Path, "/dfc/"):
	case (host == "github.com" || host == "raw.githubusercontent.com") && strings.HasPrefix(u.Path, "/datafoodconsortium/"):
	default:
		return nil, false
	}
	business := business1
	if strings.Contains(u.Path, "_2.") || strings.Contains(u.Path, "/v2.") {
		business = business2
	}
	return consortiumContext(business), true
}

func consortiumContext(business string) map[string]any {
	context := map[string]any{}
	for _, p := range prefixes(business) {
		context[p[0]] = p[1]
	}
	reference := func() map[string]any { return map[string]any{"@type": "@id"} }
	for _, name := range strings.Fields(objectProperties) {
		context["dfc-b:"+name] = reference()
	}
	for _, name := range []string{"represent", "hasPivot", "hostedBy", "owner"} {
		context["dfc-t:"+name] = reference()
	}
	return context
}

// contexts loads what is known and nothing else.
type contexts struct{}

// LoadDocument gives a context of the consortium.
func (contexts) LoadDocument(address string) (*ld.RemoteDocument, error) {
	context, ok := knownContext(address)
	if !ok {
		return nil, ld.NewJsonLdError(ld.LoadingRemoteContextFailed, fmt.Sprintf("%q is not known here", address))
	}
	return &ld.RemoteDocument{DocumentURL: address, Document: map[string]any{"@context": context}}, nil
}
